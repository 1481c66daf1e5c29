const HIDDEN = '[hidden]';

/** Keys whose values are never written, in JSON or in `key=value` text. */
const SECRET_KEY = String.raw`[\w-]*(?:authorization|token|passw(?:or)?d|secret|cookie|credential|api_?key|signing_?key|private_?key)[\w-]*`;

/** Also inside a string that holds JSON itself: there every quote has backslashes before it, the same number of them. */
const JSON_PAIR = new RegExp(
  String.raw`((\\*)"${SECRET_KEY}\2"\s*:\s*)(?:\2"(?:[^"\\]|\\.)*?\2"|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|-?\d+)`,
  'gi',
);
const QUERY_PAIR = new RegExp(String.raw`([?&]${SECRET_KEY}=)[^&\s"'\\]+`, 'gi');
/** `://user:password@`; the first form also catches passwords that hold a slash or an `@`. */
const URL_CREDENTIALS = /(:\/\/)(?:[^\s"'/@:\\]*:[^\s"'\\]*@|[^\s"'/@\\]+@)/g;
const AUTHORIZATION = /\b(Basic|Bearer|token)(\s+)(?=\S*[0-9A-Z])[A-Za-z0-9+/=._~-]{8,}/g;
const PEM = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^"]*?(?:-----END \1-----|(?=")|$)/g;

/**
 * Takes what must not be read by others out of a line of text: credentials in urls and headers, private keys, and the
 * values of keys that sound like secrets.
 *
 * It looks at the finished line, so it also covers what libraries put into messages and stacks. Hiding too much is fine.
 */
export function redact(line: string): string {
  return line
    .replace(PEM, HIDDEN)
    .replace(JSON_PAIR, (_match, key: string, slashes: string) => `${key}${slashes}"${HIDDEN}${slashes}"`)
    .replace(QUERY_PAIR, `$1${HIDDEN}`)
    .replace(URL_CREDENTIALS, `$1${HIDDEN}@`)
    .replace(AUTHORIZATION, `$1$2${HIDDEN}`);
}
