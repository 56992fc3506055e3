# Loads the models that were read and written again, SEED.ours.json, and predicts the rows of random_models.py. usage: read_back.py FOLDER    writes SEED.back.f32
import json
import os
import sys

import numpy as np
import xgboost as xgb

folder = sys.argv[1]
for case in json.load(open(f"{folder}/cases.json"))["cases"]:
    path = f"{folder}/{case['seed']}.ours.json"
    if not os.path.exists(path): continue
    booster = xgb.Booster(dict(nthread=1), model_file=path)
    rows = np.fromfile(f"{folder}/{case['seed']}.rows.f32", dtype="<f4").reshape(-1, case["width"])
    d = xgb.DMatrix(rows, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True)
    both = [booster.predict(d, output_margin=True, iteration_range=(0, 0)), booster.predict(d, iteration_range=(0, 0))]
    np.asarray(both, dtype="<f4").tofile(f"{folder}/{case['seed']}.back.f32")
