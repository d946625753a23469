namespace Switchyard.Server;

/// <summary>Puts a server together: the one place where stores, executors, dialects and the engine meet.</summary>
public static class Composition
{
}
