import { randomInt } from 'node:crypto';
import { ChangeError } from '../errors.ts';
import { readRecording } from '../kit/recording.ts';
import { ReplaySwitch, strayText } from '../kit/replay.ts';
import { LAB_USER, Lab, NO_DELAYS } from '../lab/lab.ts';
import { randomPieces } from '../lab/pieces.ts';
import { LabDevice } from '../lab/ssh-server.ts';
import { writeLab } from './lab.ts';
import { cannotListen } from './listen.ts';
import { complain, paint, say, sayJson } from './paint.ts';
import type { CommonOptions } from './setup.ts';
import { firstSignal } from './signals.ts';

export interface ReplayOptions {
  readonly port?: number;
  readonly seed?: number;
  readonly write?: string;
}

/** The exit status that says: it ran, and something was typed that is not recorded. */
const STRAYED = 10;

/** Plays a recording until it is told to stop. */
export async function replayCommand(file: string, options: CommonOptions & ReplayOptions): Promise<number> {
  const { port = 0, seed = randomInt(1, 1_000_000) } = options;
  if (port > 65_535) throw new ChangeError('bad_request', `--port ${port}: must be at most 65535`);
  const recording = readRecording(file);
  const played = new ReplaySwitch(recording, stray => complain(paint('red', strayText(stray), process.stderr)));
  const device = new LabDevice(played, { user: LAB_USER, delays: NO_DELAYS, maxSessions: 16, pieces: randomPieces(seed) });
  await device.listen(port).catch((thrown: NodeJS.ErrnoException) => {
    throw cannotListen(`port ${port}`, thrown, '--port chooses another');
  });
  await using lab = new Lab(new Map([[device.name, device]]), LAB_USER);
  const told = firstSignal();
  if (options.write !== undefined) writeLab(lab, options.write);
  const { username, password, enable } = LAB_USER;
  if (options.json)
    sayJson({ device: device.name, platform: device.platform, port: device.port, fingerprint: device.fingerprint, seed, user: LAB_USER });
  else {
    say(
      `${paint('bold', device.name)} (${device.platform}) of ${file}, at 127.0.0.1 port ${device.port}, cut into pieces by --seed ${seed}`,
    );
    say(
      `Log in with  ssh -p ${device.port} ${username}@127.0.0.1   password ${password}, enable secret ${enable}, host key ${device.fingerprint}`,
    );
    if (options.write !== undefined) say(`An inventory and credentials for it are in ${options.write}.`);
    say(paint('dim', `It says what was recorded to whoever types that, and refuses all else. Ctrl-C ends.`));
  }
  await told;
  return played.strays.length > 0 ? STRAYED : 0;
}
