/** Circular references and triggers, once every table stands. `updated_at` of builds and jobs belongs to the
 * database; the cast pins it to UTC whatever the zone of the session is. */
export const LINKS: readonly string[] = [
  `ALTER TABLE public.repositories ADD CONSTRAINT fk_repositories_on_current_build_id FOREIGN KEY (current_build_id) REFERENCES public.builds (id) ON DELETE SET NULL`,
  `ALTER TABLE public.repositories ADD CONSTRAINT fk_repositories_on_last_build_id FOREIGN KEY (last_build_id) REFERENCES public.builds (id) ON DELETE SET NULL`,
  `ALTER TABLE public.branches ADD CONSTRAINT fk_branches_on_last_build_id FOREIGN KEY (last_build_id) REFERENCES public.builds (id) ON DELETE SET NULL`,
  `ALTER TABLE public.tags ADD CONSTRAINT fk_tags_on_last_build_id FOREIGN KEY (last_build_id) REFERENCES public.builds (id) ON DELETE SET NULL`,
  `CREATE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $body$
   BEGIN
     IF TG_OP = 'INSERT' OR NEW IS DISTINCT FROM OLD THEN
       NEW.updated_at := statement_timestamp() AT TIME ZONE 'UTC';
     END IF;
     RETURN NEW;
   END
   $body$`,
  `CREATE TRIGGER set_updated_at_on_builds BEFORE INSERT OR UPDATE ON public.builds FOR EACH ROW EXECUTE PROCEDURE public.set_updated_at()`,
  `CREATE TRIGGER set_updated_at_on_jobs BEFORE INSERT OR UPDATE ON public.jobs FOR EACH ROW EXECUTE PROCEDURE public.set_updated_at()`,
  `CREATE FUNCTION public.set_unique_number() RETURNS trigger LANGUAGE plpgsql AS $body$
   BEGIN
     IF NEW.unique_number IS NULL OR NEW.unique_number > 0 THEN
       NEW.unique_number := NEW.number::integer;
     END IF;
     RETURN NEW;
   END
   $body$`,
  `CREATE TRIGGER set_unique_number_on_builds BEFORE INSERT OR UPDATE ON public.builds FOR EACH ROW EXECUTE PROCEDURE public.set_unique_number()`,
];
