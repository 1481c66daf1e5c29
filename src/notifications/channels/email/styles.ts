/** What inline styles cannot say: narrow screens, and colours for people who read in the dark. */
export const STYLES = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) {
  .frame { padding: 0 0 16px !important; }
  .card { border-left: 0 !important; border-right: 0 !important; border-radius: 0 !important; }
  .banner { padding: 18px 16px !important; }
  .body { padding: 18px 16px 24px !important; }
}
@media (prefers-color-scheme: dark) {
  .page { background: #0d1117 !important; }
  .card { background: #161b22 !important; border-color: #30363d !important; }
  .text { color: #e6edf3 !important; }
  .quiet { color: #9da7b3 !important; }
  .link { color: #79b8ff !important; }
  .row { border-color: #30363d !important; }
  .inset { background: #0d1117 !important; border-color: #484f58 !important; color: #e6edf3 !important; }
  .news { background: #10233f !important; border-color: #79b8ff !important; color: #e6edf3 !important; }
  .warning { background: #332600 !important; border-color: #d29922 !important; color: #e6edf3 !important; }
}
`;
