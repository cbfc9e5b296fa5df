select '{{ var('templated') }}' as x
