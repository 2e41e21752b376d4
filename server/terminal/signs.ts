import type { Dialect } from '../model.ts';
import { modeOf } from './modes.ts';

/** How many leading characters of the hostname must stand in every prompt: IOS cuts the name in its configuration prompts. */
const STEM = 16;
/** In what prompts end. */
const PROMPT_ENDS = '#>$%:)]';
/** A log line may begin right behind a prompt, which is not longer than this then. */
const LONGEST_PROMPT = 100;

/** By what the lines of one device's screen are told apart: its prompts, and the noise that is part of no answer. */
export class Signs {
  readonly #dialect: Dialect;
  readonly #stem: string;

  /** @param stem with what every prompt of this device begins; empty while that is not known */
  constructor(dialect: Dialect, stem: string) {
    this.#dialect = dialect;
    this.#stem = stem;
  }

  isNoise(line: string): boolean {
    return this.#dialect.noise.some(pattern => pattern.test(line));
  }

  /** Where in the line the prompt of the pager begins, with which the line ends. */
  pagerIn(line: string): number | undefined {
    return this.#dialect.pager?.prompt.exec(line.trimEnd())?.index;
  }

  /** The mode whose prompt the line is; of two that fit, the expected one. */
  mode(line: string, expected?: string): string | undefined {
    const text = line.trimEnd();
    return text !== '' && text.startsWith(this.#stem) ? modeOf(text, this.#dialect.modes, expected) : undefined;
  }

  /** The prompt that the line is, or begins with when noise follows it on the same line. */
  promptIn(line: string): string | undefined {
    const text = line.trimEnd();
    if (this.mode(text) !== undefined) return text;
    const noise = this.noiseIn(text);
    return noise === '' || noise === text ? undefined : text.slice(0, text.length - noise.length);
  }

  /** The noise that the line is, or that stands in it behind a prompt; empty when there is none. */
  noiseIn(text: string): string {
    if (this.isNoise(text)) return text;
    for (let end = 1; end < Math.min(text.length, LONGEST_PROMPT); end += 1) {
      if (!PROMPT_ENDS.includes(text[end - 1] ?? '') || this.mode(text.slice(0, end)) === undefined) continue;
      if (this.isNoise(text.slice(end).trimStart())) return text.slice(end);
    }
    return '';
  }
}

/** With what all later prompts of a device begin, learned from one that is certain. Some count their commands behind the name. */
export function stemOf(prompt: string): string {
  return (/^[\w.@-]+/.exec(prompt)?.[0] ?? '').replace(/\.\d+$/, '').slice(0, STEM);
}

/** Whether two prompts are the same, but for a counter or a clock in them. */
export function samePrompt(one: string, other: string): boolean {
  const shape = (prompt: string) => prompt.trimEnd().replace(/\d+/g, '0');
  return shape(one) === shape(other);
}
