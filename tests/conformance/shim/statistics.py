"""What the suite expects of statistics in the catalog.

Which ones a warehouse has is its adapter's matter: the classes take them as an argument (`model_stats`), and only a
dbt adapter that counts nothing says `no_stats()`. Refract counts rows and sizes, so here that means: statistics, each
complete as dbt's documentation site reads it, whatever they count.
"""

FIELDS = {"id", "label", "value", "description", "include"}


class Any:
    def __eq__(self, stats):
        return (
            isinstance(stats, dict)
            and all(isinstance(stat, dict) and set(stat) == FIELDS and stat["id"] == key for key, stat in stats.items())
            and stats["has_stats"]["value"] is (len(stats) > 1)
        )

    def __repr__(self):
        return "complete statistics"
