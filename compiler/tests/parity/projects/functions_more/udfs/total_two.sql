a + b + {{ function('helper') }}(1)
