/**
 * Milliseconds that this process worked until `work` had ended. Unlike those that went by they say what it costs: a machine with other things
 * to do does not make them more.
 */
export async function worked(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
