select 1 as "größe", 'naïve — 日本語' as t
