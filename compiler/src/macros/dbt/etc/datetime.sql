{#- A date written as text, as a Python datetime; an error that names both where they do not fit. -#}
{% macro convert_datetime(date_str, date_fmt) %}
  {% do return(modules.datetime.datetime.strptime(date_str | string, date_fmt)) %}
{% endmacro %}


{#- Every date from start to end, both included, written as `out_fmt` says. -#}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') %}
  {% set first = convert_datetime(start_date_str, in_fmt) %}
  {% set last = convert_datetime(end_date_str if end_date_str is not none else start_date_str, in_fmt) %}
  {% set days = (last - first).days %}
  {% if days < 0 %}
    {% do exceptions.raise_compiler_error('the range of dates ends (' ~ end_date_str ~ ') before it starts (' ~ start_date_str ~ ')') %}
  {% endif %}
  {% set dates = [] %}
  {% for offset in range(days + 1) %}
    {% do dates.append((first + modules.datetime.timedelta(days=offset)).strftime(out_fmt)) %}
  {% endfor %}
  {% do return(dates) %}
{% endmacro %}


{#- `20240101` or `20240101,20240131` as the list of its dates. -#}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
  {% set ends = (raw_partition_date | string).split(',') %}
  {% if ends | length > 2 %}
    {% do exceptions.raise_compiler_error('a range of partitions is one date or two with a comma between, not ' ~ raw_partition_date) %}
  {% endif %}
  {% do return(dates_in_range(ends[0], ends[-1], in_fmt=date_fmt)) %}
{% endmacro %}


{#- Now, in UTC, to the microsecond, as text. -#}
{% macro py_current_timestring() %}
  {% do return(modules.datetime.datetime.utcnow().strftime('%Y%m%d%H%M%S%f')) %}
{% endmacro %}
