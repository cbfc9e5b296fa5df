{#- Python that follows a Python model's own code: `dbtObj`, whose instance is the model's argument `dbt`. It knows the
    relations that the model reads, by the names that it calls them, and the settings that it asks for. -#}
{% macro py_script_postfix(model) %}
# Below this line stands what resolves the model's calls of `dbt`; the model's own code is above.

{{ build_ref_function(model) }}
{{ build_source_function(model) }}
{{ build_config_dict(model) }}

class config:
    def __init__(self, *values, **named):
        """The settings were read when the project was parsed."""

    @staticmethod
    def get(key, default=None):
        return config_dict.get(key, default)

    @staticmethod
    def meta_get(key, default=None):
        return meta_dict.get(key, default)


class this:
    """The relation that the model builds."""
    database = '{{ this.database }}'
    schema = '{{ this.schema }}'
    identifier = '{{ this.identifier }}'

    def __repr__(self):
        return '{{ resolve_model_name(this) }}'


class dbtObj:
    def __init__(self, load_df_function):
        self.ref = lambda *names, **named: ref(*names, **named, dbt_load_df_function=load_df_function)
        self.source = lambda *names: source(*names, dbt_load_df_function=load_df_function)
        self.config = config
        self.this = this()
        self.is_incremental = {{ is_incremental() }}

{{ py_script_comment() }}
{% endmacro %}

{#- A place for what a warehouse or a project adds at the end, such as how the file is started by hand. -#}
{% macro py_script_comment() %}
{% endmacro %}

{#- A relation as Python code has it inside a text. -#}
{% macro resolve_model_name(input_model_name) %}
    {{ return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) }}
{% endmacro %}

{% macro default__resolve_model_name(input_model_name) -%}
  {{ input_model_name | string | replace('"', '\\"') }}
{%- endmacro %}

{#- Python's `ref` of one model: what it may ask for, each by package, name and version with points between them. -#}
{% macro build_ref_function(model) %}
  {%- set relations = {} -%}
  {%- for one in model.refs -%}
    {%- set names = [one.package, one.name] if one.package else [one.name] -%}
    {%- set relation = ref(*names, v=one.version) -%}
    {%- set key = names + ['v' ~ one.version] if one.version else names -%}
    {#- rendered, since a limit of rows has no place in a name; a project's own `ref` may give a text -#}
    {%- set text = relation if relation is string else relation.render() -%}
    {%- do relations.update({key | join('.'): resolve_model_name(text) | trim}) -%}
  {%- endfor -%}
def ref(*names, v=None, version=None, dbt_load_df_function=None):
    relations = {{ relations | tojson }}
    asked = v or version
    key = '.'.join(names) + (f'.v{asked}' if asked else '')
    return dbt_load_df_function(relations[key])
{% endmacro %}

{#- Python's `source` of one model. -#}
{% macro build_source_function(model) %}
  {%- set relations = {} -%}
  {%- for one in model.sources -%}
    {%- do relations.update({one | join('.'): resolve_model_name(source(*one)) | trim}) -%}
  {%- endfor -%}
def source(*names, dbt_load_df_function=None):
    relations = {{ relations | tojson }}
    return dbt_load_df_function(relations['.'.join(names)])
{% endmacro %}

{#- The settings that a model asks for, with what it takes where they are not set. -#}
{% macro build_config_dict(model) %}
  {%- set settings = {} -%}
  {%- for key, default in zip(model.config.config_keys_used or [], model.config.config_keys_defaults or []) -%}
    {%- do settings.update({key: model.config.get(key, default)}) -%}
  {%- endfor -%}
  {%- set metas = {} -%}
  {%- for key, default in zip(model.config.meta_keys_used or [], model.config.meta_keys_defaults or []) -%}
    {%- do metas.update({key: (model.config.meta or {}).get(key, default)}) -%}
  {%- endfor -%}
config_dict = {{ settings }}
meta_dict = {{ metas }}
{% endmacro %}
