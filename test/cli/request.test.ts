import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { requestsFrom } from '../../server/cli/request.ts';
import type { RequestOptions } from '../../server/cli/words.ts';
import { loadLibrary } from '../../server/library/library.ts';
import type { ChangeRequest } from '../../server/model.ts';
import { refusalOf } from '../ends.ts';
import { portOf, ROOT } from '../harness.ts';
import { Folder } from './run.ts';

const folder = new Folder();
const inventory = join(folder.path, 'inventory');
mkdirSync(inventory);
writeFileSync(
  join(inventory, 'devices.yml'),
  `defaults: { credentials: none }
devices:
  leaf-1: { platform: arista_eos, address: 192.0.2.1, switch_ids: ['00:1c:73:aa:bb:01'] }
  leaf-2: { platform: cisco_ios, address: 192.0.2.2 }
`,
);
const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory });
afterAll(() => folder[Symbol.dispose]());

const from = (words: readonly string[], options: RequestOptions = {}): ChangeRequest[] => requestsFrom(words, options, library, 0);

describe('words on the command line', () => {
  it('become one request per device, found by name or MAC address, blanks and empty names ignored', () => {
    const requests = from(['attach_port', ' leaf-2, 001C.73aa.bb01,,', 'Eth7'], { native: '100' });
    expect(requests.map(request => request.device)).toEqual(['leaf-2', 'leaf-1']);
    expect(requests[0]).toMatchObject({ method: 'attach_port', args: { port: 'Eth7', mode: 'access', native_vlan: 100 } });
    expect(requests[0]?.id).not.toBe(requests[1]?.id);
  });

  it('read VLAN lists with ranges', () => {
    const [request] = from(['update_port', 'leaf-1', 'Et7'], {
      mode: 'trunk',
      allowed: '200,210-212',
      description: 'node 42',
      mtu: '9000',
    });
    expect(request?.args).toMatchObject({
      mode: 'trunk',
      allowed_vlans: [200, 210, 211, 212],
      description: 'node 42',
      mtu: 9000,
      native_vlan: null,
    });
  });

  it('say who sits at the terminal, and give no reason', () => {
    const [request] = from(['detach_port', 'leaf-1', 'Et7'], { default: '99' });
    expect(request).toMatchObject({ caller: { address: 'local', scheme: 'cli' }, why: {}, args: { port: 'Et7', default_vlan: 99 } });
    expect(request?.caller.name).not.toBe('');
  });

  it.each<[readonly string[], RequestOptions, RegExp]>([
    [[], {}, /name a method and a device/],
    [['attach_port'], {}, /attach_port needs a device/],
    [['attach_port', ','], {}, /needs a device/],
    [['attach_port', 'leaf-1'], { native: '100' }, /attach_port needs a port/],
    [['atach_port', 'leaf-1', 'Et1'], {}, /no method atach_port; did you mean attach_port\?/],
    [['rpc.discover', 'leaf-1'], {}, /no method rpc.discover; there are attach_port/],
    [['add_network', 'leaf-1'], { name: 'x' }, /--vlan is needed/],
    [['add_network', 'leaf-1', 'Et1'], { vlan: '5' }, /add_network takes no port/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '0' }, /--native 0: must be a number from 1 to 4094/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '4095' }, /from 1 to 4094/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '0x64' }, /--native 0x64/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '1e2' }, /--native 1e2/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '' }, /--native : must be/],
    [['attach_port', 'leaf-1', 'Et1'], { mode: 'trunk', allowed: '200-' }, /--allowed 200-: must be a list such as/],
    [['attach_port', 'leaf-1', 'Et1'], { mode: 'trunk', allowed: '4090-4099' }, /must be a list such as/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '100', allowed: '200' }, /--allowed belongs to --mode trunk/],
    [['attach_port', 'leaf-1', 'Et1'], { native: '100', mtu: '40' }, /--mtu 40: must be a number from 68 to 16000/],
    [['detach_port', 'leaf-1', 'Et1'], { native: '100' }, /detach_port takes no --native; it takes --default/],
    [['attach_port', 'leaf-1', 'Et1'], { vlan: '100' }, /attach_port takes no --vlan; it takes --mode, --native/],
    [['is_port_supported', 'leaf-1', 'Et1'], { mode: 'trunk' }, /is_port_supported takes no --mode; it takes no options/],
  ])('%j %j are refused as wrong usage', (words, options, message) => {
    const error = refusalOf(() => from(words, options));
    expect(error.kind).toBe('bad_request');
    expect(error.message).toMatch(message);
  });

  it('name the nearest device when there is none of that name', () => {
    const error = refusalOf(() => from(['detach_port', 'laef-2', 'Gi1/0/1']));
    expect(error.kind).toBe('unknown_device');
    expect(error.message).toContain('no device laef-2 in the inventory; did you mean leaf-2?');
  });
});

describe('--request FILE', () => {
  const file = (content: unknown): string => {
    const path = join(folder.path, 'request.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const call = (method: string, params: object) => ({ jsonrpc: '2.0', id: 'x', method, params });

  it('is one request per link, with what the call says of the port and the reason', () => {
    const port = { ...portOf('leaf-1', 'Et7'), device_id: 'inst-1' };
    const context = { request_id: 'req-1', node: 'node-1', auth_token: 'secret-token' };
    const [request] = from([], { request: file(call('attach_port', { context, port, network: { segmentation_id: 77 } })) });
    expect(request).toMatchObject({
      device: 'leaf-1',
      args: { port: 'Et7', native_vlan: 77, mac: '52:54:00:12:34:56', node: 'node-1', instance: 'inst-1' },
      why: { request_id: 'req-1', node: 'node-1' },
    });
    expect(JSON.stringify(request)).not.toContain('secret-token');
  });

  it('is one request per device of a network', () => {
    const network = { segmentation_id: 100, name: 'a', network_type: 'vlan' };
    expect(from([], { request: file(call('add_network', { network })) }).map(request => request.device)).toEqual(['leaf-1', 'leaf-2']);
  });

  it.each<[unknown, RegExp]>([
    ['{"method": ', /is not JSON: /],
    ['', /is not JSON: /],
    ['null', /is not a JSON-RPC call/],
    ['"attach_port"', /is not a JSON-RPC call/],
    [[call('attach_port', { port: portOf('leaf-1', 'Et7') })], /is not a JSON-RPC call/],
    [{ params: {} }, /is not a JSON-RPC call/],
    [call('rpc.discover', {}), /calls rpc.discover; here it must be one of attach_port, /],
    [call('__proto__', {}), /calls __proto__; /],
    [call('attach_port', {}), /port: is missing/],
    [call('attach_port', { port: portOf('leaf-1', 'Et7'), native_vlan: '100' }), /native_vlan/],
    [call('attach_port', { port: portOf('leaf-1', 'Et7'), nativ_vlan: 100 }), /nativ_vlan/],
    [{ method: 'attach_port', params: [1] }, /not a JSON-RPC call/],
  ])('%j is refused as wrong usage', (content, message) => {
    const error = refusalOf(() => from([], { request: file(content) }));
    expect(error.kind).toBe('bad_request');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('that is not there, is a folder or comes with other words is refused as wrong usage', () => {
    expect(refusalOf(() => from([], { request: '/nowhere/call.json' })).message).toBe('there is no file /nowhere/call.json');
    expect(refusalOf(() => from([], { request: folder.path })).message).toMatch(/cannot be read: EISDIR/);
    expect(refusalOf(() => from(['attach_port'], { request: file('{}') })).message).toContain('leave out the other words');
    expect(refusalOf(() => from([], { request: file('{}'), native: '5' })).kind).toBe('bad_request');
  });
});
