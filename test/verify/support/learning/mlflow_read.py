"""Reads back through MLflow's own client what was sent: `mlflow_read.py read URI`, and calls an API as MLflow's scoring client does: `mlflow_read.py score URL KEY`."""
import json
import sys

import mlflow
import numpy
import pandas
from mlflow import MlflowClient


def read(uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient()
    question = json.load(sys.stdin)
    experiment = client.get_experiment_by_name("millrace")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    versions = client.search_model_versions("name='conversion'")
    champion = client.get_model_version_by_alias("conversion", "champion")
    booster = mlflow.xgboost.load_model("models:/conversion@champion")
    import xgboost

    rows = numpy.array(question["rows"], dtype=numpy.float32)
    names = booster.feature_names
    scores = booster.predict(xgboost.DMatrix(rows, feature_names=names))
    generic = mlflow.pyfunc.load_model("models:/conversion@champion").predict(pandas.DataFrame(rows, columns=names))
    return {
        "runs": [
            {
                "name": run.info.run_name, "status": run.info.status, "params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags,
                "artifacts": sorted(item.path for folder in ("", "model") for item in client.list_artifacts(run.info.run_id, folder) if not item.is_dir),
            }
            for run in runs
        ],
        "versions": [{"version": one.version, "run_id": one.run_id, "tags": one.tags} for one in versions],
        "aliases": dict(client.get_registered_model("conversion").aliases),
        "description": client.get_registered_model("conversion").description,
        "champion": champion.tags,
        "features": names,
        "scores": [float(score) for score in scores],
        "generic": [float(score) for score in generic],
    }


def score(url, key):
    """MLflow's own client, with the header that every call of this API has; and the same rows as records."""
    import requests
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    question = json.load(sys.stdin)
    host, port = url.removeprefix("http://").split(":")
    post = requests.post
    requests.post = lambda *args, headers, **rest: post(*args, headers={**headers, "x-api-key": key}, **rest)
    client = ScoringServerClient(host, port)
    client.wait_server_ready(timeout=60)
    frame = pandas.DataFrame(question["data"], columns=question["columns"])
    records = post(url + "/invocations", json={"dataframe_records": frame.to_dict(orient="records")}, headers={"x-api-key": key}, timeout=60)
    records.raise_for_status()
    invoked = client.invoke(frame).get_predictions(predictions_format="ndarray")
    csv = post(url + "/invocations", data=frame.to_csv(), headers={"x-api-key": key, "content-type": "text/csv"}, timeout=60)
    csv.raise_for_status()
    # A value that is missing: Python's JSON says NaN, everybody else's null.
    holes = frame.copy()
    holes.iloc[0, 2] = numpy.nan
    with_nan = client.invoke(holes, params={"unused": 1}).get_predictions(predictions_format="ndarray")
    split = json.loads(holes.to_json(orient="split"))
    with_null = post(url + "/invocations", json={"dataframe_split": split}, headers={"x-api-key": key}, timeout=60)
    with_null.raise_for_status()
    return {
        "answers": {"client": floats(invoked), "records": records.json()["predictions"], "csv": csv.json()["predictions"]},
        "holes": {"nan": floats(with_nan), "null": with_null.json()["predictions"]},
        "version": client.get_version(),
    }


def floats(predictions):
    return [float(one) for one in numpy.asarray(predictions).ravel()]


print(json.dumps(read(*sys.argv[2:]) if sys.argv[1] == "read" else score(*sys.argv[2:])))
