using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Secrets;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks;

/// <summary>What the Databricks dialect needs to know about its installation.</summary>
public sealed record DatabricksOptions
{
    /// <summary>Absolute directory below which the workspace's notebooks and files lie as plain files.</summary>
    public required string WorkspaceRoot { get; init; }

    /// <summary>Absolute directory that <c>dbfs:/</c> names.</summary>
    public required string DbfsRoot { get; init; }

    /// <summary>Absolute directory in which environments with the libraries of tasks are kept.</summary>
    public required string EnvironmentsRoot { get; init; }

    /// <summary>Variables of this server's own that programs of tasks look for, such as <c>SPARK_HOME</c>.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The databases of SQL tasks by warehouse id. With none, every id means <see cref="WarehouseFile"/>.</summary>
    public IReadOnlyDictionary<string, Warehouse> Warehouses { get; init; } = new Dictionary<string, Warehouse>();

    /// <summary>The SQLite database of the workspace.</summary>
    public required string WarehouseFile { get; init; }

    /// <summary>Absolute directory below which runs check their repositories out.</summary>
    public required string GitRoot { get; init; }

    /// <summary>The protocols by which repositories are fetched.</summary>
    public IReadOnlyList<string> GitProtocols { get; init; } = ["https", "http", "ssh", "git"];

    /// <summary>How long a checkout may take.</summary>
    public TimeSpan GitTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The scratch directory of an attempt, where the runtime leaves <c>notebook.html</c>.</summary>
    public required Func<long, string> AttemptsDirectory { get; init; }

    /// <summary>The installation's secrets.</summary>
    public required SecretBook Secrets { get; init; }

    /// <summary>Seals a secret to the number of what it belongs to.</summary>
    public required Func<long, string, Result<string>> Seal { get; init; }

    /// <summary>Opens a sealed secret.</summary>
    public required Func<long, string, Result<string>> Open { get; init; }

    /// <summary>Absolute directories in which, and below which, triggers may wait for files.</summary>
    public IReadOnlyList<string> ArrivalRoots { get; init; } = [];

    /// <summary>True to refuse tasks that name no cluster, as a workspace without serverless compute does.</summary>
    public bool RequireCluster { get; init; }

    /// <summary>True to refuse an <c>existing_cluster_id</c> that was not made with clusters/create.</summary>
    public bool RequireKnownCluster { get; init; }

    /// <summary>The users whose client secrets sign in; null where there are none.</summary>
    public IAccounts? Accounts { get; init; }

    /// <summary>The workspace's number, sent with every answer.</summary>
    public long WorkspaceId { get; init; } = 1;

    /// <summary>The address that <c>{{workspace.url}}</c> stands for.</summary>
    public string WorkspaceUrl { get; init; } = "http://127.0.0.1:8484";

    /// <summary>The database that a warehouse id means; null for none.</summary>
    public Warehouse? WarehouseOf(string? id) =>
        Warehouses.Count == 0 ? new Warehouse("sqlite:" + WarehouseFile) : id is null ? null : Warehouses.GetValueOrDefault(id);
}
