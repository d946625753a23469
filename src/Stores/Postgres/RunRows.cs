
namespace Switchyard.Stores.Postgres;

/// <summary>Runs as rows.</summary>
internal static class RunRows
{
    public const string Owner = "left join users u on u.id = r.owner_id";

    public const string Select = $"select {Rows.RunColumns} from runs r {Owner}";
}
