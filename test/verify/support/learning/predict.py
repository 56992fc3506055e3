# Loads a model file into the real XGBoost and predicts rows. usage: predict.py MODEL ROWS.f32 CATEGORICAL(0|1) writes ROWS.margins ROWS.answers ROWS.contributions
import sys

import numpy as np
import xgboost as xgb

model, rows, categorical = sys.argv[1], sys.argv[2], sys.argv[3] == "1"
booster = xgb.Booster(dict(nthread=1), model_file=model)
x = np.fromfile(rows, dtype="<f4").reshape(-1, booster.num_features())
d = xgb.DMatrix(x, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=categorical)
np.asarray(booster.predict(d, output_margin=True), dtype="<f4").tofile(rows + ".margins")
np.asarray(booster.predict(d), dtype="<f4").tofile(rows + ".answers")
np.asarray(booster.predict(d, pred_contribs=True), dtype="<f4").tofile(rows + ".contributions")
# What XGBoost saves again is the same model.
booster.save_model(rows + ".again.json")
