const STOPPING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Settles at the first SIGTERM or SIGINT. Later ones are told to `again` and otherwise do nothing: npm passes a Ctrl-C on to a child that
 * the terminal has told already, and the second must not cut what the first asked to end in order. SIGQUIT still ends at once.
 */
export function firstSignal(again: (signal: NodeJS.Signals) => void = () => {}): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    let first = true;
    const listener = (signal: NodeJS.Signals) => {
      if (first) resolve(signal);
      else again(signal);
      first = false;
    };
    for (const signal of STOPPING) process.on(signal, listener);
  });
}

/** Runs work that must not be cut in the middle: until it ends, signals are told to `heard` and nothing else. */
export async function uncut<T>(work: () => Promise<T>, heard: (signal: NodeJS.Signals) => void): Promise<T> {
  const signals: readonly NodeJS.Signals[] = [...STOPPING, 'SIGHUP'];
  for (const signal of signals) process.on(signal, heard);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, heard);
  }
}
