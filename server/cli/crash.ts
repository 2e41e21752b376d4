import { complain } from './paint.ts';

/** What nobody expected ends the process as ever, and is told like everything else: with the secrets in it masked. */
export function maskCrashes(): void {
  process.on('uncaughtException', (thrown: unknown) => {
    complain(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    process.exit(1);
  });
}
