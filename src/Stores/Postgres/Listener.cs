using System.Globalization;
using Switchyard.Core.Storage;

namespace Switchyard.Stores.Postgres;

/// <summary>What servers say to each other.</summary>
internal sealed class Listener
{
    /// <summary>The channel all servers listen on.</summary>
    public const string Channel = "switchyard";

    public static string Write(StoreSignal signal) => string.Create(CultureInfo.InvariantCulture, $"{signal.Subject}:{signal.Kind}");
}
