# Trains the real XGBoost at given settings and predicts. usage: train.py FOLDER  reads settings.json, train.rows, train.labels, asked.rows
import json
import sys

import numpy as np
import xgboost as xgb

folder = sys.argv[1]
given = json.load(open(f"{folder}/settings.json"))
rows = lambda name: np.fromfile(f"{folder}/{name}", dtype="<f4").reshape(-1, given["width"])
d = xgb.QuantileDMatrix(rows("train.rows"), np.fromfile(f"{folder}/train.labels", dtype="<f4"), max_bin=256)
booster = xgb.train(dict(given["settings"], objective="binary:logistic", tree_method="hist", nthread=1, seed=1), d, given["trees"])
np.asarray(booster.inplace_predict(rows("asked.rows")), dtype="<f4").tofile(f"{folder}/asked.rows.answers")
