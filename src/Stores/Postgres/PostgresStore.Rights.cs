using Switchyard.Core.Jobs;
using Switchyard.Core.Users;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Right>> JobRights(long jobId, CancellationToken stop) => _readers.Read<IReadOnlyList<Right>>(
        async db => await db["select principal, level from job_rights where job_id = $1 order by principal"].Add(jobId).All(row => new Right(row.Long(), row.Int())).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<bool> JobRightsReplace(long jobId, IReadOnlyList<Right> rights, Job? changed, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (changed is not null && !await JobRows.Update(db, changed).ConfigureAwait(false))
                return false;
            db.Queue("delete from job_rights where job_id = $1").Add(jobId);
            foreach (var right in rights)
                db.Queue("insert into job_rights (job_id, principal, level) values ($1, $2, $3)").Add(jobId).Add(right.Principal).Add(right.Level);
            return await Sent(db).ConfigureAwait(false);
        },
        stop);
}
