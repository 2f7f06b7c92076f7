"""JSONPath mode: paths, intrinsic functions, payload templates."""
