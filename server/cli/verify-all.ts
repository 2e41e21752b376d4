import { judge, type Verdict } from '../engine/drift.ts';
import { eachWithin, type Told } from '../engine/survey.ts';
import { inShort, MEANINGS } from '../errors.ts';
import { readStandings } from './asked.ts';
import { columns, complain, paint, say, sayBelow, sayJson, screenWidth, shownLength } from './paint.ts';
import { type CommonOptions, openDesk, readConfig, terminalAudit } from './setup.ts';

/** The exit status that says: reached, read, and it is not as asked. */
export const DOES_NOT_HOLD = 9;

/** Asks the devices, read-only, whether all that a file of calls, or an audit, says of them is so still. */
export async function verifyAll(file: string, options: CommonOptions): Promise<number> {
  const config = readConfig(options);
  const desk = openDesk(options, config, terminalAudit());
  const standings = readStandings(file, desk.library);
  const quiet = options.json === true || !process.stderr.isTTY;
  const verdicts = await judge(standings, desk, eachWithin(config.call_time), quiet ? undefined : progress());
  if (options.json) sayJson({ holds: verdicts.every(({ holds }) => holds === true), ports: verdicts });
  else showVerdicts(verdicts);
  // What is known to be wrong is worth more than what is not known.
  if (verdicts.some(({ holds }) => holds === false)) return DOES_NOT_HOLD;
  return verdicts.every(({ holds }) => holds) ? 0 : MEANINGS.unreachable.exit;
}

/** A line for each device that is done. */
function progress(): Told {
  let done = 0;
  return (findings, left) => {
    done += 1;
    const [first] = findings;
    const failed = findings.filter(({ failure }) => failure).length;
    const differ = findings.filter(({ misses }) => misses.length > 0).length;
    const told = [
      `${findings.length} asked`,
      ...(differ > 0 ? [`${differ} differ`] : []),
      ...(failed > 0 ? [`${failed} not answered`] : []),
    ];
    complain(`${paint('dim', `[${done}/${done + left}]`, process.stderr)} ${first?.plan.device.name} ${told.join(', ')}`);
  };
}

const KINDS = [
  { is: 'holds', style: 'green', what: 'hold' },
  { is: 'not known', style: 'magenta', what: 'not known' },
  { is: 'cannot be asked', style: 'red', what: 'cannot be asked' },
  { is: 'differs', style: 'yellow', what: 'differ' },
] as const;
type Kind = (typeof KINDS)[number]['is'];

function kindOf({ holds, error }: Verdict): Kind {
  if (holds !== null) return holds ? 'holds' : 'differs';
  return error?.kind === 'not_known' ? 'not known' : 'cannot be asked';
}

/** What holds comes first, so that what differs is what a screen ends in; then by name, Ethernet2 before Ethernet10. */
function showVerdicts(verdicts: readonly Verdict[]): void {
  const { compare } = new Intl.Collator('en', { numeric: true });
  const rank = (verdict: Verdict) => KINDS.findIndex(({ is }) => is === kindOf(verdict));
  const name = (verdict: Verdict) => `${verdict.device ?? ''} ${whereOf(verdict)}`;
  const sorted = verdicts.toSorted((a, b) => rank(a) - rank(b) || compare(name(a), name(b)));
  const rows = columns(fitting(sorted.map(rowOf)));
  let before: string | undefined;
  for (const [i, { misses, error }] of sorted.entries()) {
    say(rows[i]);
    // All ports of a device that is away are away for one reason.
    if (error?.message !== before && error) sayBelow(error.message, '    ');
    before = error?.message;
    for (const miss of misses) sayBelow(miss, '    ');
  }
  const counts = KINDS.map(({ is, style, what }) => ({ count: sorted.filter(one => kindOf(one) === is).length, style, what }));
  say();
  say(counts.flatMap(({ count, style, what }) => (count > 0 ? [paint(style, `${count} ${what}`)] : [])).join(', '));
}

/** A long list of VLANs does not push the verdict off the screen; what differs is told in full below. */
function fitting(rows: readonly Row[]): Row[] {
  const widest = (nth: number) => Math.max(0, ...rows.map(row => shownLength(row[nth] ?? '')));
  const room = Math.max(20, screenWidth() - widest(0) - widest(1) - widest(3) - 6);
  return rows.map(([device, where, title, verdict]) => [device, where, inShort(title, room - 1), verdict]);
}

type Row = [device: string, where: string, title: string, verdict: string];

function rowOf(verdict: Verdict): Row {
  const { device, title, method } = verdict;
  const { is, style } = KINDS.find(kind => kind.is === kindOf(verdict)) ?? KINDS[0];
  return [paint('bold', device ?? '?'), whereOf(verdict), title ?? method, paint(style, is)];
}

const whereOf = ({ port, vlan }: Verdict) => port ?? (vlan === undefined ? '' : `VLAN ${vlan}`);
