"""Ironic's own JSON-RPC client, driven over stdin and stdout: one JSON object a line in, one a line out.

    {"n": 1, "method": "update_port", "kwargs": {...}, "request_id": "req-...", "cast": false}
    {"n": 1, "result": ...}  or  {"n": 1, "raised": "ironic.common.exception.NetworkError", "message": "...", "code": 500}

Calls are made side by side, one thread each, as a conductor makes them for many nodes. The options stand in an ironic.conf as an operator
writes it, in the section that this release of the client reads.
"""

import json
import sys
import threading

from ironic.common import context
from ironic.objects import base
from oslo_config import cfg

try:
    from ironic.common.json_rpc import client
except ImportError:  # up to 2024 it lived here
    from ironic_lib.json_rpc import client

WRITING = threading.Lock()


def say(told):
    with WRITING:
        sys.stdout.write(json.dumps(told) + '\n')
        sys.stdout.flush()


def make(call, rpc):
    told = {'n': call['n']}
    who = context.RequestContext(request_id=call.get('request_id'), is_admin=True, project_id='project-1', auth_token='gAAAA-live-token')
    try:
        do = rpc.cast if call.get('cast') else rpc.call
        told['result'] = do(who, call['method'], **call['kwargs'])
    except Exception as raised:
        kind = type(raised)
        told.update(raised=kind.__module__ + '.' + kind.__name__, message=str(raised), code=getattr(raised, 'code', None))
    say(told)


def main(config_file, host):
    cfg.CONF(['--config-file', config_file], project='ironic')
    serializer = base.IronicObjectSerializer(is_server=False)
    rpc = client.Client(serializer=serializer, version_cap='1.0').prepare('networking.' + host, version='1.0')
    for line in sys.stdin:
        threading.Thread(target=make, args=(json.loads(line), rpc)).start()


main(*sys.argv[1:])
