using Switchyard.Core.Jobs;
using Switchyard.Core.Users;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Right>> JobRights(long jobId, CancellationToken stop) => _readers.Read<IReadOnlyList<Right>>(
        db => db["select principal, level from job_rights where job_id = ? order by principal"].Add(jobId).All(row => new Right(row.Long(), row.Int())), stop);

    /// <inheritdoc />
    public Task<bool> JobRightsReplace(long jobId, IReadOnlyList<Right> rights, Job? changed, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (changed is not null && !JobRows.Update(db, changed))
                return false;
            db["delete from job_rights where job_id = ?"].Add(jobId).Run();
            foreach (var right in rights)
                db["insert into job_rights (job_id, principal, level) values (?, ?, ?)"].Add(jobId).Add(right.Principal).Add(right.Level).Run();
            return true;
        },
        stop);
}
