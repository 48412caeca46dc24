import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** yaml-language-server, as an editor runs it, with puptime’s schema for every document. */
export interface Editor {
  /** what is underlined in a document */
  diagnose(text: string): Promise<readonly Diagnostic[]>;
  /** what is offered at a place, 0-based */
  complete(text: string, line: number, character: number): Promise<readonly string[]>;
  close(): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly items?: readonly { readonly section?: string }[];
    readonly diagnostics?: readonly Diagnostic[];
  };
  readonly result?: { readonly items?: readonly { readonly label: string }[] };
}

export async function openEditor(): Promise<Editor> {
  const program = fileURLToPath(import.meta.resolve('yaml-language-server/bin/yaml-language-server'));
  const server = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting: { matches(message: Message): boolean; resolve(message: Message): void }[] = [];
  const until = (matches: (message: Message) => boolean) =>
    new Promise<Message>((resolve) => waiting.push({ matches, resolve }));
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const settings = {
    yaml: {
      schemas: { [join(ROOT, 'schema/config.schema.json')]: '*.yaml' },
      validate: true,
      completion: true,
    },
  };
  const receive = (message: Message) => {
    if (message.method === 'workspace/configuration') {
      const items = message.params?.items ?? [];
      send({
        id: message.id,
        result: items.map(({ section }) => (section === 'yaml' ? settings.yaml : null)),
      });
    } else if (message.id !== undefined && message.method !== undefined)
      send({ id: message.id, result: null });
    const index = waiting.findIndex(({ matches }) => matches(message));
    if (index !== -1) waiting.splice(index, 1)[0]!.resolve(message);
  };
  let buffered = Buffer.alloc(0);
  server.stdout.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      const end = buffered.indexOf('\r\n\r\n');
      const length = Number(
        /Content-Length: (\d+)/.exec(buffered.subarray(0, Math.max(0, end)).toString())?.[1],
      );
      if (end === -1 || buffered.length < end + 4 + length) return;
      const body = buffered.subarray(end + 4, end + 4 + length).toString();
      buffered = buffered.subarray(end + 4 + length);
      receive(JSON.parse(body) as Message);
    }
  });

  let ids = 0;
  const request = (method: string, params: object) => {
    const id = ++ids;
    const answer = until((message) => message.id === id && message.method === undefined);
    send({ id, method, params });
    return answer;
  };
  await request('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      workspace: { configuration: true },
      textDocument: { completion: { completionItem: { snippetSupport: false } } },
    },
  });
  send({ method: 'initialized', params: {} });
  send({ method: 'workspace/didChangeConfiguration', params: { settings } });

  let documents = 0;
  const open = async (text: string) => {
    const uri = `file:///nowhere/${++documents}.yaml`;
    const diagnosed = until(
      ({ method, params }) => method === 'textDocument/publishDiagnostics' && params?.uri === uri,
    );
    send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    return { uri, diagnostics: (await diagnosed).params?.diagnostics ?? [] };
  };
  return {
    diagnose: async (text) => (await open(text)).diagnostics,
    async complete(text, line, character) {
      const { uri } = await open(text);
      const answer = await request('textDocument/completion', {
        textDocument: { uri },
        position: { line, character },
      });
      return (answer.result?.items ?? []).map(({ label }) => label);
    },
    close: () => server.kill(),
  };
}
