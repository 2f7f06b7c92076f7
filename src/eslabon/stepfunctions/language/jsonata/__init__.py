"""JSONata mode: expressions, the library behind them and what Step Functions changes in it."""
