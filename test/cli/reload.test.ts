import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../server/cli/call.ts';
import { portOf, ROOT } from '../harness.ts';
import { Bench, Folder } from './run.ts';

let bench: Bench;
const folder = new Folder();
beforeAll(async () => {
  bench = await Bench.start({ devices: { 'sw-1': 'cisco_ios' } });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const LISTENING = /"msg":"listening on (http:\/\/[^"]+)"/;
const TAKEN = /"msg":"SIGHUP: read playbooks, templates and inventory again"/;
const KEPT = /"complaints":\[(.*?)\].*"msg":"SIGHUP: playbooks, templates or inventory are wrong: what was read before stays in use"/;

describe('mercury serve, told SIGHUP,', () => {
  it('takes edited files all at once, keeps the old ones when anything is wrong, and lets running changes finish', async () => {
    for (const name of ['playbooks', 'templates']) cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
    const inventory = join(folder.path, 'inventory');
    cpSync(bench.env.MERCURY_INVENTORY ?? '', inventory, { recursive: true });
    const files = {
      MERCURY_PLAYBOOKS: join(folder.path, 'playbooks'),
      MERCURY_TEMPLATES: join(folder.path, 'templates'),
      MERCURY_INVENTORY: inventory,
    };
    await using service = bench.start(['serve'], { env: { ...files, MERCURY_PORT: '0' } });
    const [, url = ''] = await service.prints(LISTENING, 'err');
    const planned = async () =>
      JSON.stringify(await call(url, 'attach_port', { port: portOf('sw-1', 'Gi1/0/1'), native_vlan: 100, dry_run: true }));
    expect(await planned()).not.toContain('storm-control');

    const template = join(folder.path, 'templates', 'cisco_ios', 'access.hbs');
    appendFileSync(template, '  storm-control broadcast level 10\n');
    expect(await planned()).not.toContain('storm-control');
    service.signal('SIGHUP');
    await service.prints(TAKEN, 'err');
    expect(await planned()).toContain('storm-control broadcast level 10');

    const right = readFileSync(template, 'utf8');
    writeFileSync(template, right.replace('{{native_vlan}}', '{{native_vlna}}'));
    writeFileSync(join(inventory, 'more.yml'), 'devices:\n  sw-2: { platform: cisco_ios, address: 192.0.2.2, credentials: nobody }\n');
    service.signal('SIGHUP');
    const [, complaints = ''] = await service.prints(KEPT, 'err');
    expect(complaints).toContain('{{native_vlna}} is set by nobody; did you mean {{native_vlan}}?');
    expect(await planned()).toContain('storm-control broadcast level 10');
    expect(await call(url, 'get_switches', {})).toMatchObject({ result: { 'sw-1': {} } });
    expect((await call(url, 'get_switches', {})) as object).not.toHaveProperty('result.sw-2');

    service.signal('SIGTERM');
    expect(await service.ended).toMatchObject({ status: 0 });
  });

  it('keeps the policy that it has when the file is gone, and lets go of it only in words', async () => {
    const inventory = join(folder.path, 'with-policy');
    cpSync(bench.env.MERCURY_INVENTORY ?? '', inventory, { recursive: true });
    const policy = join(inventory, 'policy.yml');
    writeFileSync(policy, 'rules:\n  - vlans: 200\n    allow: true\n');
    await using service = bench.start(['serve'], { env: { MERCURY_INVENTORY: inventory, MERCURY_PORT: '0' } });
    const [, url = ''] = await service.prints(LISTENING, 'err');
    const attach = () => call(url, 'attach_port', { port: portOf('sw-1', 'Gi1/0/1'), native_vlan: 100, dry_run: true });
    const refused = { error: { data: { kind: 'not_permitted' } } };
    expect(await attach()).toMatchObject(refused);

    rmSync(policy);
    service.signal('SIGHUP');
    const [, complaints = ''] = await service.prints(KEPT, 'err');
    expect(complaints).toMatch(/policy\.yml: it is gone, and without it everybody may do everything; where that is meant, /);
    expect(await attach()).toMatchObject(refused);

    writeFileSync(policy, 'rules:\n  - allow: true\n');
    service.signal('SIGHUP');
    await service.prints(TAKEN, 'err');
    expect(await attach()).toMatchObject({ result: { outcome: 'planned' } });
  });

  it('is told at the start that there is no policy', async () => {
    await using service = bench.start(['serve'], { env: { MERCURY_PORT: '0' } });
    await service.prints(/"level":40.*"msg":"there is no policy\.yml in the inventory: whoever may call may do all that /, 'err');
  });
});
