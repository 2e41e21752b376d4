import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux gives out by itself, so that nobody takes one of these in passing. */
const [FIRST, LAST] = [20_000, 32_000];

/** The first of so many TCP ports of loopback, one after the other, that nobody listens on. */
export async function freePorts(count: number): Promise<number> {
  const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count));
  const free = await Promise.all(Array.from({ length: count }, (_, nth) => isFree(first + nth)));
  return free.every(Boolean) ? first : freePorts(count);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
