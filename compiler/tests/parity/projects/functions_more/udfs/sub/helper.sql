{{ config(type='aggregate', alias='help', database='parity', schema='x') }} sum(a) + {{ a_macro() }}
