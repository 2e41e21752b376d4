import { join, relative } from 'node:path';
import type { Answer, Place } from '../model.ts';
import { type Complaints, LibraryError } from './complaints.ts';
import type { ExpectationShape, PlatformStepShape, TaskShape } from './schema/playbook.ts';
import { compileTemplate } from './template.ts';
import type { Expectation, Task, Template } from './written.ts';
import { readText, type YamlFile } from './yaml.ts';

type Path = readonly PropertyKey[];

/** Compiles what stands in one YAML file, collecting complaints instead of stopping at the first. */
export class Compiler {
  readonly #yaml: YamlFile;
  readonly #complaints: Complaints;
  readonly #templates: string;
  readonly #root: string;

  /** @param templates the folder that `template:` names are below; `root` is what file names in complaints are relative to */
  constructor(parts: { yaml: YamlFile; complaints: Complaints; templates: string; root: string }) {
    this.#yaml = parts.yaml;
    this.#complaints = parts.complaints;
    this.#templates = parts.templates;
    this.#root = parts.root;
  }

  task(shape: TaskShape, path: Path, modes: ReadonlySet<string>): Task {
    const when = Object.fromEntries(
      Object.entries(shape.when ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]),
    );
    return {
      name: this.block(shape.name, [...path, 'name']),
      source: this.#yaml.at(path),
      commands:
        shape.template === undefined
          ? this.block(shape.commands ?? '', [...path, 'commands'])
          : this.#file(shape.template, [...path, 'template']),
      when,
      vars: Object.fromEntries(Object.entries(shape.vars ?? {}).map(([name, value]) => [name, this.block(value, [...path, 'vars', name])])),
      ...(shape.retry ? { retry: shape.retry } : {}),
      ...this.#around(shape, path, modes),
    };
  }

  /** A platform's step: `commit`, `save`, … Its name in the log is what it is. */
  step(shape: PlatformStepShape, path: Path, name: string, modes: ReadonlySet<string>): Task {
    const source = this.#yaml.at(path);
    const { lands, ...plain } = typeof shape === 'string' ? { commands: shape } : shape;
    return {
      name: compileTemplate(name, source),
      source,
      commands: this.block(plain.commands, typeof shape === 'string' ? path : [...path, 'commands']),
      when: {},
      vars: {},
      ...this.#around(plain, path, modes),
      ...(lands === undefined ? {} : { lands: this.mode(lands, [...path, 'lands'], modes) }),
    };
  }

  block(source: string, path: Path): Template {
    const place = this.#yaml.at(path);
    const empty = () => compileTemplate('', place);
    const style = this.#yaml.style(path);
    // YAML keeps the breaks around a deeper or an empty line of `>`; here all of it is one command.
    const text = style === 'folded' ? source.trim().replace(/\s*\n\s*/g, ' ') : source;
    return this.#complaints.try(() => compileTemplate(text, place, style !== 'literal')) ?? empty();
  }

  pattern(source: string, path: Path, flags = 'm'): RegExp {
    try {
      return new RegExp(source, flags);
    } catch (thrown) {
      this.#complaints.add(this.#yaml.at(path), (thrown as Error).message);
      return /(?!)/;
    }
  }

  answers(shape: Readonly<Record<string, string>> | undefined, path: Path): Answer<Template>[] {
    return Object.entries(shape ?? {}).map(([question, answer]) => ({
      question: this.pattern(question, [...path, question]),
      answer: this.block(answer, [...path, question]),
    }));
  }

  /** A name that is none of `known` is complained about. */
  mode(name: string, path: Path, known: ReadonlySet<string>): string {
    if (known.size > 0 && !known.has(name))
      this.#complaints.add(this.#yaml.at(path), `no mode ${name} in platform.yml; it has ${[...known].join(', ')}`);
    return name;
  }

  #around(shape: Omit<TaskShape, 'name' | 'commands' | 'template' | 'when' | 'vars' | 'retry'>, path: Path, modes: ReadonlySet<string>) {
    return {
      expect: this.#expectations(shape.expect, [...path, 'expect']),
      reject: this.#expectations(shape.reject, [...path, 'reject']),
      tolerate: (shape.tolerate ?? []).map((source, i) => this.#patternBlock(source, [...path, 'tolerate', i])),
      answer: this.answers(shape.answer, [...path, 'answer']),
      ...(shape.cli_mode === undefined ? {} : { mode: this.mode(shape.cli_mode, [...path, 'cli_mode'], modes) }),
    };
  }

  #expectations(shapes: readonly ExpectationShape[] | undefined, path: Path): Expectation<Template>[] {
    return (shapes ?? []).map((shape, i) => this.#expectation(shape, [...path, i]));
  }

  #expectation(shape: ExpectationShape, path: Path): Expectation<Template> {
    const place = this.#yaml.at(path);
    if (typeof shape === 'string') return { kind: 'text', pattern: this.#patternBlock(shape, path), place };
    const block = <K extends string>(key: K, source: string | undefined) =>
      source === undefined ? {} : ({ [key]: this.block(source, [...path, key]) } as Record<K, Template>);
    if ('text' in shape) {
      return { kind: 'text', pattern: this.#patternBlock(shape.text, [...path, 'text']), ...block('means', shape.means), place };
    }
    return {
      kind: 'vlans',
      pattern: this.#patternBlock(shape.vlans, [...path, 'vlans']),
      how: shape.are === undefined ? 'hold' : 'are',
      list: this.block(shape.are ?? shape.hold ?? '', [...path, shape.are === undefined ? 'hold' : 'are']),
      ...(shape.under === undefined ? {} : { under: this.#patternBlock(shape.under, [...path, 'under']) }),
      ...block('except', shape.except),
      ...block('means', shape.means),
      place,
    };
  }

  /** A templated pattern: that it is a pattern at all is tried with a letter for each value, and none for each block's tags. */
  #patternBlock(source: string, path: Path): Template {
    const literal = source.replace(/\{\{~?[#/^!][^}]*\}\}|\{\{else[^}]*\}\}/g, '').replace(/\{\{[^}]*\}\}/g, 'x');
    this.pattern(literal, path);
    return this.block(source, path);
  }

  #file(name: string, path: Path): Template {
    const place: Place = this.#yaml.at(path);
    const file = relative(this.#root, join(this.#templates, name));
    const compiled = this.#complaints.try(() => {
      if (name.split('/').includes('..')) throw new LibraryError([{ place, message: `template: ${name} leads out of templates/` }]);
      try {
        return compileTemplate(readText(join(this.#templates, name), file), { file, line: 1 });
      } catch (thrown) {
        if (thrown instanceof LibraryError && thrown.complaints[0]?.message === 'there is no such file') {
          throw new LibraryError([{ place, message: `there is no ${file}` }]);
        }
        throw thrown;
      }
    });
    return compiled ?? compileTemplate('', place);
  }
}
