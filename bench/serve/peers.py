# The same model served by others: prepared for `mlflow models serve`, and a service as one writes it by hand with FastAPI.
# usage: peers.py prepare MODEL.json FOLDER | peers.py fastapi MODEL.json PORT
import sys

import numpy as np
import xgboost as xgb

task, model = sys.argv[1], sys.argv[2]
booster = xgb.Booster({"nthread": 1}, model_file=model)

if task == "prepare":
    import mlflow.xgboost

    mlflow.xgboost.save_model(booster, sys.argv[3])
else:
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Request(BaseModel):
        rows: list[list[float | None]]

    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request):
        return {"predictions": booster.inplace_predict(np.array(request.rows, dtype=np.float32)).tolist()}

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[3]), log_level="error", access_log=False)
