# XGBoost and scikit-learn on the rows that the benchmark wrote. Prints a line of JSON for each thing timed.
# usage: peer.py FOLDER ROWS WIDTH TREES THREADS TASK    TASK: boosting | scoring | forest
import json
import sys
import time

import numpy as np

folder, rows, width, trees, threads, task = sys.argv[1], *map(int, sys.argv[2:6]), sys.argv[6]
x = np.fromfile(f"{folder}/rows.f32", dtype="<f4").reshape(-1, width)[:rows]
y = np.fromfile(f"{folder}/labels.f32", dtype="<f4")[:rows]
xt = np.fromfile(f"{folder}/later.f32", dtype="<f4").reshape(-1, width)


def tell(answers=None, **what):
    if answers is not None:
        np.asarray(answers, dtype="<f4").tofile(f"{folder}/answers.f32")
    print(json.dumps(what), flush=True)


if task == "boosting":
    import xgboost as xgb

    begun = time.perf_counter()
    d = xgb.QuantileDMatrix(x, y, max_bin=256, nthread=threads)
    binned = time.perf_counter()
    booster = xgb.train(dict(objective="binary:logistic", tree_method="hist", max_depth=6, eta=0.1, max_bin=256, nthread=threads), d, trees)
    done = time.perf_counter()
    tell(booster.inplace_predict(xt), seconds=done - begun, binning=binned - begun)
elif task == "scoring":
    import xgboost as xgb

    booster = xgb.Booster(dict(nthread=threads), model_file=f"{folder}/model.json")
    best = 1e9
    for _ in range(7):
        begun = time.perf_counter()
        answers = booster.inplace_predict(xt)
        best = min(best, time.perf_counter() - begun)
    one = xt[:1].copy()
    for _ in range(200):
        booster.inplace_predict(one)
    begun = time.perf_counter()
    for _ in range(2000):
        booster.inplace_predict(one)
    tell(answers, seconds=best, one=(time.perf_counter() - begun) / 2000)
else:
    from sklearn.ensemble import RandomForestClassifier

    values = np.nan_to_num(x)
    begun = time.perf_counter()
    forest = RandomForestClassifier(trees, max_depth=int(task.split("-")[1]) or None, min_samples_leaf=5, n_jobs=threads, random_state=1).fit(values, y)
    seconds = time.perf_counter() - begun
    tell(forest.predict_proba(np.nan_to_num(xt))[:, 1], seconds=seconds)
