"""Types a job's lines with netmiko, as a plugin that knows a switch by its driver's name does.

A thread for each visit and a lock for each device, as networking-generic-switch has them; a visit is connect, send_config_set, save (Junos: commit),
disconnect. Reads the job on standard input, prints what became of it: the time to import netmiko is not counted.
"""

import json
import resource
import sys
import threading
import time

from netmiko import ConnectHandler

USER = {"username": "mercury", "password": "lab-password", "secret": "lab-enable"}
FAST = "--fast" in sys.argv[1:]


def visit(platform, port, lines):
    device = ConnectHandler(device_type=platform, host="127.0.0.1", port=port, fast_cli=FAST, timeout=100, **USER)
    try:
        if platform == "cisco_ios":
            device.enable()
            # The lines may go on for longer than the 15 s that netmiko reads by itself.
            device.send_config_set(lines, config_mode_command="configure terminal", max_loops=5000)
            device.save_config("write memory")
        else:
            device.send_config_set(lines, config_mode_command="configure exclusive", exit_config_mode=False, max_loops=5000)
            device.commit()
            device.exit_config_mode()
    finally:
        device.disconnect()


def main():
    job = json.load(sys.stdin)
    guard = threading.Lock()
    told = {"visits": 0, "failures": {}}
    begun = time.monotonic()

    def work(lock, port, lines):
        with lock:
            if time.monotonic() - begun > job["bound"]:
                return
            try:
                visit(job["platform"], port, lines)
                with guard:
                    told["visits"] += 1
            except Exception as thrown:  # whatever it was, it is counted
                why = f"{type(thrown).__name__}: {thrown}"[:160]
                with guard:
                    told["failures"][why] = told["failures"].get(why, 0) + 1

    before = resource.getrusage(resource.RUSAGE_SELF)
    threads = []
    for device in job["devices"]:
        lock = threading.Lock()
        threads += [threading.Thread(target=work, args=(lock, device["port"], lines)) for lines in device["visits"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({**told, "wall": time.monotonic() - begun, "cpu": cpu, "memory": after.ru_maxrss / 1024}))


main()
