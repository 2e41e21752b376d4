import type { Channel, Connection, ExecOutput } from '../transport/transport.ts';

/** What happened on one connection, as it happened. */
export type Taped =
  | { readonly kind: 'typed'; readonly text: string }
  | { readonly kind: 'heard'; readonly text: string }
  | { readonly kind: 'ran'; readonly command: string; readonly output: ExecOutput | undefined }
  | { readonly kind: 'lost' };

/** A connection on which every byte is written down, both ways. */
export function taped(under: Connection, write: (event: Taped) => void): Connection {
  let closing = false;
  return {
    get alive() {
      return under.alive;
    },
    openShell: async () => tapedChannel(await under.openShell(), write, () => closing),
    exec: async command => {
      try {
        const output = await under.exec(command);
        write({ kind: 'ran', command, output });
        return output;
      } catch (thrown) {
        write({ kind: 'ran', command, output: undefined });
        throw thrown;
      }
    },
    close: () => {
      closing = true;
      return under.close();
    },
  };
}

function tapedChannel(under: Channel, write: (event: Taped) => void, closing: () => boolean): Channel {
  let ours = false;
  under.onText(text => write({ kind: 'heard', text }));
  under.onClose(() => {
    if (!ours && !closing()) write({ kind: 'lost' });
  });
  return {
    write: text => {
      write({ kind: 'typed', text });
      under.write(text);
    },
    onText: listener => under.onText(listener),
    onClose: listener => under.onClose(listener),
    close: () => {
      ours = true;
      under.close();
    },
  };
}
