"""The values with which every chart takes as little of a machine as it can, whatever the plan."""

from tests.cluster.charts import model_client, postgresql_client
from tests.cluster.charts.cassandra_client import CHEAP

TINY = {"cpu": "20m", "memory": "64Mi"}
JAVA = {"cpu": "150m", "memory": "1Gi"}
DISK = {"size": "1Gi"}
LESS: dict[str, dict] = {
    "cassandra": CHEAP,
    "jupyter": {"resources": {"cpu": "50m", "memory": "512Mi"}, "persistence": DISK},
    "kafka": {
        "resources": {"cpu": "50m", "memory": "768Mi"},
        "persistence": DISK,
        "controller": {"resources": {"cpu": "50m", "memory": "512Mi"}, "persistence": DISK},
    },
    "model-server": {
        "modelName": model_client.MODEL,
        "models": [{"version": "2", "weight": 100, "claim": "trained", "path": "2/model.joblib"}],
        "example": model_client.REQUEST,
        "resources": {"cpu": "50m", "memory": "1Gi"},
        "router": {"resources": TINY},
        "autoscaling": {"maximum": 2},
    },
    "object-store": {
        "resources": {"cpu": "50m", "memory": "256Mi"},
        "persistence": DISK,
        **{part: {"resources": {"cpu": "20m", "memory": "256Mi"}} for part in ("volume", "filer", "master")},
    },
    "postgresql": {"resources": postgresql_client.CHEAP["resources"], "persistence": DISK},
    "spark": {
        "workers": {"resources": JAVA, "scratch": "1Gi", "autoscaling": {"maximum": 3}},
        "connect": {"resources": JAVA},
        "master": {"resources": {"cpu": "100m", "memory": "384Mi"}},
    },
    "spark-job": {
        "driver": {"resources": {"cpu": "200m", "memory": "1Gi"}},
        "executors": {"resources": {"cpu": "200m", "memory": "1Gi"}, "scratch": "1Gi"},
    },
    "valkey": {
        "resources": {"cpu": "30m", "memory": "96Mi"},
        "proxy": {"resources": TINY},
        "persistence": DISK,
    },
}
