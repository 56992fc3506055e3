# What scikit-learn says of the same numbers. usage: sklearn_peer.py FOLDER  reads FOLDER/input.json and .f32 files, writes FOLDER/output.json
import json
import sys

import numpy as np
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

folder = sys.argv[1]
given = json.load(open(f"{folder}/input.json"))
floats = lambda name: np.fromfile(f"{folder}/{name}.f32", dtype="<f4").astype(np.float64)
x = floats("rows").reshape(-1, given["width"])
xt = floats("later").reshape(-1, given["width"])
y, yt, target, weights = floats("labels"), floats("laterLabels"), floats("target"), floats("weights")
scores = floats("scores")
said = 1 / (1 + np.exp(-scores))
z = StandardScaler().fit_transform(x)
logistic = LogisticRegression(C=1 / given["lambda"], tol=1e-10, max_iter=1000).fit(z, y)
ridge = Ridge(alpha=given["lambda"]).fit(z, target)
forest = RandomForestClassifier(100, max_depth=8, n_jobs=1, random_state=1).fit(x, y)
deep = RandomForestClassifier(100, min_samples_leaf=5, n_jobs=1, random_state=1).fit(x, y)
precision, recall, f1, _ = metrics.precision_recall_fscore_support(yt, said >= 0.4, average="binary")
json.dump({
    "auc": metrics.roc_auc_score(yt, scores), "weightedAuc": metrics.roc_auc_score(yt, scores, sample_weight=weights), "logLoss": metrics.log_loss(yt, said), "brier": metrics.brier_score_loss(yt, said),
    "precision": precision, "recall": recall, "f1": f1,
    "rmse": metrics.root_mean_squared_error(yt, said), "mae": metrics.mean_absolute_error(yt, said, sample_weight=weights), "pinball": metrics.mean_pinball_loss(yt, said, alpha=0.9), "r2": metrics.r2_score(yt, said),
    "logistic": [logistic.intercept_[0], *logistic.coef_[0]], "ridge": [ridge.intercept_, *ridge.coef_],
    "inertia": KMeans(4, n_init=10, random_state=1).fit(z).inertia_,
    "forestAuc": metrics.roc_auc_score(yt, forest.predict_proba(xt)[:, 1]), "deepForestAuc": metrics.roc_auc_score(yt, deep.predict_proba(xt)[:, 1]),
}, open(f"{folder}/output.json", "w"))
