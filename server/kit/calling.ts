import { changeName } from '../engine/values.ts';
import { makeLogger } from '../log.ts';
import type { Outcome } from '../result.ts';
import { answer, type Office } from '../rpc/answer.ts';
import { isIronicCall } from '../rpc/ironic/params.ts';
import { Limits } from '../rpc/limits.ts';
import { type Bench, SWITCH } from './bench.ts';
import type { CallShape } from './case-schema.ts';

/** What became of a call: the answer's result, or its error, in one shape. */
export interface Told {
  readonly outcome: Outcome | undefined;
  /** What a question was answered. */
  readonly answer: unknown;
  readonly error: string | undefined;
  readonly commands: readonly Sent[];
  readonly saved: string | undefined;
  /** The short id that the change had on the switch. */
  readonly change: string;
}

export interface Sent {
  readonly sent: string;
  readonly source: string;
  readonly received?: string;
}

/** Sends one call to a Mercury that has this switch and no other. */
export async function callOn(bench: Pick<Bench, 'library' | 'world'>, { method, params }: CallShape, callTime: number): Promise<Told> {
  const office: Office = {
    desk: { library: bench.library, world: bench.world, audit: () => {} },
    callTime,
    limits: new Limits({}),
    log: makeLogger('silent', 2, 'mercury'),
    closing: false,
  };
  const payload = { jsonrpc: '2.0', id: 1, method, params: withSwitch(method, params) };
  const { reply } = await answer(payload, { name: 'test', address: 'local', scheme: 'none' }, office);
  return toldBy(reply as Reply);
}

interface Change {
  readonly request_id?: string;
  readonly outcome?: Outcome;
  readonly devices?: readonly { readonly commands: readonly Sent[]; readonly saved: { readonly state: string } }[];
}
type Reply = { readonly result: unknown } | { readonly error: { readonly message: string; readonly data?: Change } };

function toldBy(reply: Reply): Told {
  const result = 'result' in reply ? reply.result : undefined;
  const error = 'error' in reply ? reply.error : undefined;
  const change = (error?.data ?? (typeof result === 'object' && result !== null ? result : {})) as Change;
  const devices = change.devices ?? [];
  // It is another each time; written as a playbook writes it, it can be expected.
  const name = changeName(change.request_id ?? '-');
  return {
    outcome: change.outcome,
    answer: result,
    error: error?.message,
    commands: devices.flatMap(({ commands }) => commands).map(line => ({ ...line, sent: line.sent.replaceAll(name, '{{change}}') })),
    saved: devices.at(-1)?.saved.state,
    change: name,
  };
}

type Params = Readonly<Record<string, unknown>>;

/** A case has one switch, and need not name it in each call. */
function withSwitch(method: string, params: Params): Params {
  if (isIronicCall(method, params)) {
    if (method === 'get_switches') return params;
    return method.endsWith('_lag') ? { switch_ids: [SWITCH], ...params } : { switch_id: SWITCH, ...params };
  }
  const { port, network } = params as { port?: Params; network?: Params };
  if (port === undefined) {
    const named = 'devices' in params || network?.physical_network !== undefined;
    return method.endsWith('_network') && !named ? { ...params, devices: [SWITCH] } : params;
  }
  const profile = port['binding:profile'];
  return {
    ...params,
    port: {
      ...withLinks(port),
      ...(typeof profile === 'object' && profile !== null ? { 'binding:profile': withLinks(profile as Params) } : {}),
    },
  };
}

function withLinks(holder: Params): Params {
  const { local_link_information: links } = holder;
  if (!Array.isArray(links)) return holder;
  const named = (link: unknown) => {
    if (typeof link !== 'object' || link === null) return link;
    return ['switch_info', 'switch_id', 'hostname'].some(key => key in link) ? link : { ...link, switch_info: SWITCH };
  };
  return { ...holder, local_link_information: links.map(named) };
}
