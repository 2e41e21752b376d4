import type { Device, Dialect } from '../model.ts';
import type { Credentials, Hop } from '../transport/hop.ts';
import { connectSsh } from '../transport/ssh.ts';
import type { Connection } from '../transport/transport.ts';
import { ExecTerminal } from './exec.ts';
import { ShellTerminal } from './shell.ts';
import type { Terminal } from './terminal.ts';

/** Stands between a connection and who types on it: a recorder. */
export type Through = (connection: Connection) => Connection;

/**
 * Logs in and gets ready to type.
 * @throws ChangeError unreachable, host_key, login_refused, timeout, rejected; nothing has been configured then
 */
export async function openTerminal(
  device: Device,
  dialect: Dialect,
  credentials: Credentials,
  deadline: number,
  jumps: readonly Hop[] = [],
  connectTime?: number,
  through: Through = connection => connection,
): Promise<Terminal> {
  const connection = through(await connectSsh(device, credentials, deadline, jumps, connectTime));
  if (dialect.session === 'exec') return new ExecTerminal(connection, { dialect, device: device.name });
  try {
    return await ShellTerminal.open(connection, { dialect, enableSecret: credentials.enable, device: device.name }, deadline);
  } catch (thrown) {
    await connection.close();
    throw thrown;
  }
}
