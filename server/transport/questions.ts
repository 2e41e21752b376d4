import type { Prompt } from 'ssh2';
import type { Credentials } from './hop.ts';

/** What a host asks of whoever logs in by `keyboard-interactive`, and what is answered: the user's name and password, and nothing else. */
export class Questions {
  readonly #credentials: Credentials;
  #told = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** An answer to each, or the question that cannot be answered. */
  answer(prompts: readonly Prompt[]): { answers: string[] } | { stuck: string } {
    const answers: string[] = [];
    for (const { prompt, echo } of prompts) {
      const answer = this.#answerTo(prompt, echo ?? false);
      if (answer === undefined) return { stuck: prompt };
      answers.push(answer);
    }
    return { answers };
  }

  #answerTo(prompt: string, echo: boolean): string | undefined {
    const { username, password } = this.#credentials;
    if (/\b(?:user ?name|user|login|account)\b[^\w]*$/i.test(prompt)) return username;
    // What may be seen on a screen is no secret, unless it says that it is.
    if (echo && !/password/i.test(prompt)) return undefined;
    // Asked again, it was wrong; and "New password:" with the old one as its answer would change it.
    if (this.#told || OTHER_SECRET.test(prompt)) return undefined;
    this.#told = true;
    return password;
  }
}

/** Codes that change every minute, and passwords to be. */
const OTHER_SECRET = /\b(?:new|retype|re-?enter|repeat|again|confirm|otp|one[- ]time|token|code|pin|passcode|challenge)\b/i;
