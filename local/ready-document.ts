/** What a started cloud tells the outside: the ready file, and what `start --json` prints. */
export interface ReadyDocument {
  readonly version: 1;
  readonly pid: number;
  readonly storage: {
    readonly connectionString: string;
    readonly blobUrl: string;
    readonly queueUrl: string;
    readonly tableUrl: string;
  };
  readonly serviceBus: {
    readonly connectionString: string;
    readonly administrationConnectionString: string;
    readonly managementUrl: string;
    /** The same port over TLS. */
    readonly managementTlsUrl?: string;
    /** The certificate that clients of it have to trust (NODE_EXTRA_CA_CERTS); absent in memory. */
    readonly certificateFile?: string;
  };
  readonly eventHubs: { readonly connectionString: string };
  readonly eventGrid: {
    readonly url: string;
    readonly topics: Readonly<
      Record<string, { readonly endpoint: string; readonly key: string; readonly inputSchema: string }>
    >;
  };
  /** null: no functions host runs. */
  readonly functions: { readonly url: string } | null;
  /** The mail server that keeps what the app sends. */
  readonly mail: { readonly host: string; readonly port: number };
  /** What the app sees; the environment's own variables left out. */
  readonly settings: Readonly<Record<string, string>>;
}
