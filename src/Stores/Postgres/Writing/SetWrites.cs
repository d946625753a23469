using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Runs to insert, together with those of the other insertions of the group.</summary>
internal sealed class InsertWrite(IReadOnlyList<NewRun> runs, Lease? lease, CancellationToken stop) : Write<IReadOnlyList<Result<RunInserted>>>(lease, stop)
{
    public IReadOnlyList<NewRun> Runs => runs;
}

/// <summary>Moves to apply, together with the others of the group.</summary>
internal sealed class ApplyWrite(IReadOnlyList<RunMoves> runs, Lease? lease, CancellationToken stop) : Write<IReadOnlyList<bool>>(lease, stop)
{
    public IReadOnlyList<RunMoves> Runs => runs;
}
