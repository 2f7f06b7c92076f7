# --8<-- [start:dimensions]
ONE_LCU = {
    "new connections a second": 25,
    "active connections": 3_000,
    "GB an hour": 1,
    "rule evaluations a second": 1_000,
}


def lcus(new, open_for, requests, kilobytes, rules):
    used = {
        "new connections a second": new,
        "active connections": new * open_for,
        "GB an hour": requests * kilobytes * 3_600 / 1_000_000,
        "rule evaluations a second": requests * max(0, rules - 10),
    }
    share = {name: used[name] / ONE_LCU[name] for name in ONE_LCU}
    dearest = max(share, key=share.get)
    return share[dearest], dearest
# --8<-- [end:dimensions]


# --8<-- [start:compare]
workloads = {
    "a small website": (1, 60, 5, 10, 5),
    "downloads": (1, 60, 5, 1_000, 5),
    "clients without keep-alive": (100, 1, 100, 2, 5),
    "a chat on WebSockets": (10, 3_600, 10, 1, 5),
    "an API with 100 rules": (20, 60, 200, 2, 100),
}
for name, numbers in workloads.items():
    count, dimension = lcus(*numbers)
    print(f"{name}: {count:.1f} LCU, by {dimension}")
# --8<-- [end:compare]
