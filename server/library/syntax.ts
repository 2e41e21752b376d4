/** What Handlebars' parser means, in words for somebody who wrote a block of commands, and the line of the block to look at. */
export function syntaxComplaint(source: string, thrown: Error & { lineNumber?: number }): { line: number; message: string } {
  const { message } = thrown;
  if (/got 'EOF'$/.test(message)) {
    const block = openBlock(source);
    if (message.includes("'OPEN_ENDBLOCK'") && block) return { line: block.line, message: `{{#${block.name}}} is not closed` };
    return { line: lineAt(source, source.lastIndexOf('{{')), message: '{{ is not closed with }}' };
  }
  const line = Number(/ line (\d+)/.exec(message)?.[1] ?? thrown.lineNumber ?? 1);
  const near = / line \d+[^\n]*\n(.*)\n-*\^/.exec(message)?.[1];
  return { line, message: near === undefined ? message.replace(/ - \d+:\d+$/, '') : `cannot be read: ${near.trim()}` };
}

/** The innermost block that nothing closes. */
function openBlock(source: string): { name: string; line: number } | undefined {
  const open: { name: string; line: number }[] = [];
  for (const { 1: kind, 2: name = '', index } of source.matchAll(/\{\{~?([#^/])\s*(\w+)/g)) {
    if (kind === '/') open.pop();
    else open.push({ name, line: lineAt(source, index) });
  }
  return open.at(-1);
}

function lineAt(source: string, index: number): number {
  return source.slice(0, Math.max(index, 0)).split('\n').length;
}
