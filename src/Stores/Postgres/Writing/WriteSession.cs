using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>What the writes of one group work with: the connection inside the group's transaction, and what is summed and written once at its end.</summary>
internal sealed class WriteSession(Database db, PlanCache plans, KnownDocuments known)
{
    /// <summary>All groups of all servers take their turn: what is read after it does not change until the commit.</summary>
    public const long TurnLock = 0x5977_6172_6401;

    private readonly HashSet<StoreSignal> _signals = [];
    private readonly HashSet<(string Name, long Fence)> _held = [];

    public Database Db => db;

    public PlanCache Plans => plans;

    public KnownDocuments Known => known;

    /// <summary>How many runs were inserted.</summary>
    public int RunsMade { get; set; }

    public Events Events { get; } = new();

    public JobCounters Counters { get; } = new();

    public BatchCounters Batches { get; } = new();

    public Documents Documents { get; } = new();

    public JobFacts Jobs { get; } = new();

    public Told Told => field ??= new Told(Jobs);

    /// <summary>Queues the beginning of the group; what only adds rows that nobody else can know of may be done then.</summary>
    public void Begin() => db.Queue("begin");

    /// <summary>Queues the group's turn, the position of events, and the leases that it claims.</summary>
    public void TakeTurn(IEnumerable<Lease> leases)
    {
        db.Queue("select pg_advisory_xact_lock($1)").Add(TurnLock);
        db.Queue(Events.SelectLast).Each(row => Events.Last = row.Long());
        foreach (var lease in leases)
        {
            db.Queue($"select 1 from leases where name = $1 and fence = $2 and until > {Database.Now}").Add(lease.Name).Add(lease.Fence)
                .Each(_ => _held.Add((lease.Name, lease.Fence)));
        }
    }

    /// <summary>Whether a write may still write, once the beginning was sent; otherwise it is told why not.</summary>
    public bool Holds(Write write)
    {
        if (write.Lease is not { } lease || _held.Contains((lease.Name, lease.Fence)))
            return true;
        write.Failure = new StoreUnavailable(StoreTrouble.Fenced, $"{lease.Holder} does not hold '{lease.Name}' any more: another server has it, or will; nothing was written");
        return false;
    }

    /// <summary>Says something to all servers with the commit.</summary>
    public void Say(string kind, long subject) => _signals.Add(new StoreSignal(kind, subject));

    /// <summary>Queues what was summed, and what is said.</summary>
    public void Flush()
    {
        if (Events.Flush(db))
            Say(StoreSignal.Events, 0);
        Counters.Flush(db);
        Batches.Flush(db);
        Documents.Flush(db, known);
        Told.Flush(db);
        Jobs.Flush(db);
        foreach (var signal in _signals)
            db.Queue("select pg_notify($1, $2)").Add(Listener.Channel).Add(Listener.Write(signal));
        _signals.Clear();
    }

    /// <summary>Forgets what was not sent yet, of a write that is taken back; positions go on where they were.</summary>
    public void Forget(long lastEvent)
    {
        db.Drop();
        Events.Forget(lastEvent);
        Counters.Forget();
        Batches.Forget();
        Documents.Forget();
        Told.Forget();
        Jobs.Forget();
        _signals.Clear();
    }
}
