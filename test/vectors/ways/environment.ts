/** Hub's settings for a run: our own servers, nothing that leaves them, no logs between the results. */
export function hubEnvironment(databaseUrl: string, rabbitmqUrl?: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    ...(rabbitmqUrl === undefined ? {} : { RABBITMQ_URL: rabbitmqUrl }),
    HTTP_BASIC_AUTH: 'vectors:vectors',
    PORT: '0',
    LOG_LEVEL: 'error',
    HUB_CHANNELS: 'webhook=off,log=off',
  };
}
