# What SageMaker's XGBoost container (3.0-5) does in algorithm mode on one host, with the XGBoost that it has: the channels' CSV, the texts of the hyperparameters, early
# stopping on the validation channel, and a model that is saved without an extension and packed. Follows the container's published source (algorithm_mode/train.py,
# hyperparameter_validation.py, data_utils.py, callback.py); its own metrics rmse and mae are computed as it computes them.
# usage: sagemaker_job.py REQUEST.json MODEL.tar.gz ROWS.f32   (ROWS: float32, row by row; what the model answers to them goes to ROWS.f32.answers)
import ast
import csv
import json
import os
import sys
import tarfile
import tempfile

import numpy as np
import xgboost as xgb

request, packed, asked = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]

INTEGERS = {"num_round": 1, "csv_weights": 0, "early_stopping_rounds": 1, "max_depth": 0, "max_bin": 0, "seed": -(2**31) + 1}
FLOATS = {"eta": (0, 1), "gamma": (0, None), "min_child_weight": (0, None), "lambda": (0, None), "alpha": (0, None), "subsample": (0, 1), "colsample_bytree": (0, 1), "scale_pos_weight": (0, None)}
CHOICES = {"booster": ["gbtree", "gblinear", "dart"], "tree_method": ["auto", "exact", "approx", "hist"], "objective": ["binary:logistic", "reg:squarederror"]}
OWN_METRICS = {
    "rmse": lambda answers, rows: ("rmse", float(np.sqrt(np.mean((answers - rows.get_label()) ** 2)))),
    "mae": lambda answers, rows: ("mae", float(np.mean(np.abs(answers - rows.get_label())))),
}


def parsed(name, text):
    assert isinstance(text, str), f"{name}: hyperparameters are texts"
    if name in INTEGERS:
        value = int(text)
        assert value >= INTEGERS[name], f"{name}: {value}"
        return value
    if name in FLOATS:
        value, (least, most) = float(text), FLOATS[name]
        assert value >= least and (most is None or value <= most), f"{name}: {value}"
        return value
    if name in CHOICES:
        assert text in CHOICES[name], f"{name}: {text}"
        return text
    if name == "monotone_constraints":
        value = ast.literal_eval(text)
        assert isinstance(value, tuple) and all(one in (-1, 0, 1) for one in value), f"{name}: {text}"
        return value
    if name == "eval_metric":
        return text.split(",")
    raise AssertionError(f"the container knows no hyperparameter {name}")


def matrix(channel, weighted):
    assert channel["ContentType"] == "text/csv"
    files = channel["DataSource"]["S3DataSource"]["S3Uri"]
    with tempfile.TemporaryDirectory() as folder:
        names = sorted(os.listdir(files))
        for name in names:
            os.symlink(os.path.join(files, name), os.path.join(folder, name))
            with open(os.path.join(files, name)) as file:
                assert csv.Sniffer().sniff(file.readline()).delimiter == ","
        return xgb.DMatrix(f"{folder}?format=csv&label_column=0&delimiter=,{'&weight_column=1' if weighted else ''}")


settings = {name: parsed(name, text) for name, text in request["HyperParameters"].items()}
channels = {channel["ChannelName"]: channel for channel in request["InputDataConfig"]}
weighted = settings.get("csv_weights", 0) == 1
train = matrix(channels["train"], weighted)
validation = matrix(channels["validation"], weighted) if "validation" in channels else None

rounds, patience, metrics = settings.pop("num_round"), settings.pop("early_stopping_rounds", None), settings.get("eval_metric")
own = [name for name in metrics or [] if name in OWN_METRICS]
theirs = [name for name in metrics or [] if name not in OWN_METRICS]
settings.pop("eval_metric", None)
if theirs:
    settings["eval_metric"] = theirs
callbacks = [xgb.callback.EvaluationMonitor()]
if validation is not None and patience and metrics:
    callbacks.append(xgb.callback.EarlyStopping(rounds=patience, data_name="validation", metric_name=metrics[-1], maximize=metrics[-1] == "auc", save_best=True))
booster = xgb.train(
    settings, train, num_boost_round=rounds, evals=[(train, "train")] + ([] if validation is None else [(validation, "validation")]),
    custom_metric=(lambda answers, rows: [OWN_METRICS[name](answers, rows) for name in own]) if own else None, callbacks=callbacks, verbose_eval=False,
)

with tempfile.TemporaryDirectory() as folder:
    booster.save_model(os.path.join(folder, "xgboost-model"))
    os.makedirs(os.path.dirname(packed), exist_ok=True)
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(os.path.join(folder, "xgboost-model"), "xgboost-model")
    # What was saved answers, not what is still in memory.
    served = xgb.Booster(model_file=os.path.join(folder, "xgboost-model"))
rows = np.fromfile(asked, dtype="<f4").reshape(-1, served.num_features())
np.asarray(served.predict(xgb.DMatrix(rows)), dtype="<f4").tofile(asked + ".answers")
