# Trains models of every kind that is served with the real XGBoost, and writes them with their predictions below a folder.
# usage: models.py FOLDER ROWS TREES        each case: NAME.json NAME.ubj, and .f32 files: rows, margins, answers, contributions
import json
import os
import sys

import numpy as np
import xgboost as xgb

folder, rows, trees = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(folder, exist_ok=True)


def shop(n, seed):
    r = np.random.default_rng(seed)
    x = r.normal(size=(n, 8)).astype(np.float32)
    x[:, 2] = np.floor(np.exp(x[:, 2]))
    x[:, 3] = np.round(x[:, 3] * 10) / 10
    x[r.random(n) < 0.15, 4] = np.nan
    x[:, 5] = r.integers(0, 3, n)
    x[:, 6] = r.integers(0, 40, n)
    x[r.random(n) < 0.05, 6] = np.nan
    z = x[:, 0] - 0.8 * x[:, 1] * x[:, 3] + 0.2 * x[:, 2] + np.where(np.isnan(x[:, 4]), 1, 0.6 * x[:, 4]) + 0.5 * (x[:, 5] == 1) + np.where(np.nan_to_num(x[:, 6]) % 7 < 3, 1, -0.5)
    return x, z, (r.random(n) < 1 / (1 + np.exp(-z + 1))).astype(np.float32)


x, z, y = shop(rows, 7)
xt, _, _ = shop(max(rows // 4, 50), 8)
xt[0, :] = np.nan
xt[1, 0] = np.float32(3e38)
positive = np.abs(z).astype(np.float32) + 0.1
names = ["price", "age", "visits", "score", "discount", "device", "category", "noise"]
types = ["float"] * 5 + ["c", "c", "float"]

cases = {
    "logistic": (y, dict(objective="binary:logistic", max_depth=6, eta=0.1)),
    "deep": (y, dict(objective="binary:logistic", max_depth=10, eta=0.3, min_child_weight=0.1)),
    "categories": (y, dict(objective="binary:logistic", max_depth=4, max_cat_to_onehot=4)),
    "dart": (y, dict(objective="binary:logistic", booster="dart", rate_drop=0.3, max_depth=3)),
    "forest": (y, dict(objective="binary:logistic", num_parallel_tree=4, subsample=0.6, colsample_bynode=0.6, eta=1, max_depth=5)),
    "raw": (y, dict(objective="binary:logitraw", max_depth=3)),
    "squared": (z.astype(np.float32), dict(objective="reg:squarederror", max_depth=4)),
    "absolute": (z.astype(np.float32), dict(objective="reg:absoluteerror", max_depth=4)),
    "quantile": (z.astype(np.float32), dict(objective="reg:quantileerror", quantile_alpha=0.9, max_depth=4)),
    "huber": (z.astype(np.float32), dict(objective="reg:pseudohubererror", max_depth=3)),
    "poisson": (np.floor(positive), dict(objective="count:poisson", max_depth=3)),
    "gamma": (positive, dict(objective="reg:gamma", max_depth=3)),
    "tweedie": (positive, dict(objective="reg:tweedie", max_depth=3)),
    "monotone": (y, dict(objective="binary:logistic", max_depth=4, monotone_constraints="(1,0,0,0,0,0,0,0)")),
    "early": (y, dict(objective="binary:logistic", max_depth=6, eta=0.5)),
    # Only this method leaves the nodes that it prunes in the file.
    "pruned": (y, dict(objective="binary:logistic", tree_method="exact", gamma=6, max_depth=5)),
}
only = sys.argv[4].split(",") if len(sys.argv) > 4 else list(cases)
for name in only:
    labels, parameters = cases[name]
    categorical = name == "categories"
    matrix = lambda values, label=None: xgb.DMatrix(values, label, feature_names=names, feature_types=types if categorical else ["float"] * 8, enable_categorical=categorical)
    d = matrix(x, labels)
    t = matrix(xt)
    more = dict(evals=[(matrix(x[: rows // 2], 1 - labels[: rows // 2]), "later")], early_stopping_rounds=2, verbose_eval=False) if name == "early" else {}
    booster = xgb.train(dict(dict(tree_method="hist"), **parameters, seed=1, nthread=1), d, trees, **more)
    for kind in ["json", "ubj"]:
        booster.save_model(f"{folder}/{name}.{kind}")
    booster = xgb.Booster(dict(nthread=1), model_file=f"{folder}/{name}.json")
    keep = lambda what, values: np.asarray(values, dtype="<f4").tofile(f"{folder}/{name}.{what}.f32")
    keep("rows", xt)
    keep("margins", booster.predict(t, output_margin=True))
    keep("answers", booster.predict(t))
    keep("contributions", booster.predict(t, pred_contribs=True))
for objective in ["multi:softprob"]:
    xgb.train(dict(objective=objective, num_class=3, max_depth=2), xgb.DMatrix(x, np.arange(rows) % 3), 2).save_model(f"{folder}/refused-classes.json")
xgb.train(dict(booster="gblinear"), xgb.DMatrix(np.nan_to_num(x), y), 2).save_model(f"{folder}/refused-linear.json")
xgb.train(dict(objective="reg:quantileerror", quantile_alpha=[0.1, 0.9]), xgb.DMatrix(x, z), 2).save_model(f"{folder}/refused-quantiles.json")
xgb.train(dict(objective="survival:cox"), xgb.DMatrix(x, positive), 2).save_model(f"{folder}/refused-survival.json")
xgb.train(dict(objective="reg:squarederror", multi_strategy="multi_output_tree", tree_method="hist"), xgb.DMatrix(x, np.stack([z, -z], 1)), 2).save_model(f"{folder}/refused-targets.json")
json.dump({"cases": only}, open(f"{folder}/cases.json", "w"))
