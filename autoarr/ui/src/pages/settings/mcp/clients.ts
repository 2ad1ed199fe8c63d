/** How clients are told of AutoArr; docs/mcp.md says the same. */

export type ClientKind = 'claude-code' | 'vscode' | 'cursor' | 'claude-desktop' | 'http' | 'stdio'

export interface Recipe {
  name: string
  /** Where the text goes. */
  where: string
  text: string
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
}

/**
 * @param address of /mcp
 * @param token or what stands for it
 */
export function recipesFor(address: string, token: string): Readonly<Record<ClientKind, Recipe>> {
  const env = { AUTOARR_MCP_TOKEN: token }
  const exec = {
    command: 'docker',
    args: ['exec', '-i', '-e', 'AUTOARR_MCP_TOKEN', 'autoarr', 'autoarr', 'mcp'],
  }
  return {
    'claude-code': {
      name: 'Claude Code',
      where: 'Run this in a terminal.',
      text: `claude mcp add --transport http autoarr ${address} --header "Authorization: Bearer ${token}"`,
    },
    vscode: {
      name: 'VS Code',
      where: '.vscode/mcp.json, or the user’s mcp.json. It asks for the token once.',
      text: json({
        inputs: [{ type: 'promptString', id: 'autoarr', description: 'AutoArr API token', password: true }],
        servers: {
          autoarr: {
            type: 'http',
            url: address,
            // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code fills it in
            headers: { Authorization: 'Bearer ${input:autoarr}' },
          },
        },
      }),
    },
    cursor: {
      name: 'Cursor',
      where: '~/.cursor/mcp.json, with AUTOARR_MCP_TOKEN in the environment that Cursor is started in.',
      text: json({
        mcpServers: {
          autoarr: {
            url: address,
            // biome-ignore lint/suspicious/noTemplateCurlyInString: Cursor fills it in
            headers: { Authorization: 'Bearer ${env:AUTOARR_MCP_TOKEN}' },
          },
        },
      }),
    },
    'claude-desktop': {
      name: 'Claude Desktop',
      where: 'Settings, Developer, Edit Config, on the machine that runs the container.',
      text: json({ mcpServers: { autoarr: { ...exec, env } } }),
    },
    http: {
      name: 'Another, over HTTP',
      where: 'As the client wants it; most take this.',
      text: json({
        mcpServers: {
          autoarr: { type: 'http', url: address, headers: { Authorization: `Bearer ${token}` } },
        },
      }),
    },
    stdio: {
      name: 'Another, that starts programs',
      where: 'As the client wants it; most take this.',
      text: json({ mcpServers: { autoarr: { type: 'stdio', ...exec, env } } }),
    },
  }
}
