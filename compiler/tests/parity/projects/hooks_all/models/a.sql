{{ config(pre_hook=["select 1", before_begin("select 'before'")], post_hook=[after_commit("select 'after'"), in_transaction("select 2"), "{{ log_it('post') }}"]) }}
select 1 as id
