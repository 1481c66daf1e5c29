/** People and organisations: who owns repositories and who is told. */
export const ACCOUNTS: readonly string[] = [
  `CREATE TABLE public.users (
     id serial PRIMARY KEY,
     name varchar,
     login varchar,
     email varchar,
     avatar_url varchar,
     github_id integer,
     github_oauth_token varchar,
     preferences jsonb DEFAULT '{}'::jsonb,
     vcs_type varchar DEFAULT 'GithubUser',
     vcs_id varchar,
     org_id integer,
     com_id integer,
     created_at timestamp NOT NULL,
     updated_at timestamp NOT NULL
   )`,
  `CREATE INDEX index_users_on_login ON public.users (login)`,
  `CREATE UNIQUE INDEX index_users_on_github_id ON public.users (github_id)`,
  `CREATE UNIQUE INDEX index_users_on_github_oauth_token ON public.users (github_oauth_token)`,
  `CREATE TABLE public.organizations (
     id serial PRIMARY KEY,
     name varchar,
     login varchar,
     avatar_url varchar,
     github_id integer,
     preferences jsonb DEFAULT '{}'::jsonb,
     vcs_type varchar DEFAULT 'GithubOrganization',
     vcs_id varchar,
     org_id integer,
     com_id integer,
     created_at timestamp NOT NULL,
     updated_at timestamp NOT NULL
   )`,
  `CREATE INDEX index_organizations_on_login ON public.organizations (login)`,
  `CREATE UNIQUE INDEX index_organizations_on_github_id ON public.organizations (github_id)`,
  `CREATE TABLE public.emails (
     id serial PRIMARY KEY,
     user_id integer,
     email varchar,
     created_at timestamp NOT NULL,
     updated_at timestamp NOT NULL
   )`,
  `CREATE INDEX index_emails_on_email ON public.emails (email)`,
  `CREATE INDEX index_emails_on_user_id ON public.emails (user_id)`,
];
